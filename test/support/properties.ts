/** fast-check with the seed of the run: CI asks the same of the same code, `TEST_SEED=random` and the soak look further. */

import fc from "fast-check";
import { takeSeed } from "./seeded-random.js";

fc.configureGlobal({ seed: takeSeed() });

export { fc };
