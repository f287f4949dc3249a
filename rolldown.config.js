/**
 * What is shipped: the compiled modules of dist/src, joined into a few files, since every module that has to be found, read and linked
 * costs a start half a millisecond. What is loaded on demand stays apart. All files lie side by side, so that one finds another by its URL.
 */

export default {
  input: {
    "air-executor": "dist/src/cli/main.js",
    index: "dist/src/index.js",
    entry: "dist/src/workers/entry.js",
  },
  platform: "node",
  // No module of ours does anything by being imported, but for the entries: a command loads what it uses and no more.
  treeshake: { moduleSideEffects: false },
  external: [/^node:/, /^[@a-z]/],
  output: { dir: "dist/bundle", chunkFileNames: "[name].js", minify: false },
};
