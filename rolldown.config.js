/**
 * What is shipped: the compiled modules of dist/src, joined into a few files, since every module that has to be found, read and linked
 * costs a start half a millisecond. What is loaded on demand stays apart. All files lie side by side, so that one finds another by its
 * name.
 *
 * The command is made of CommonJS modules: Node starts with them, and needs a tenth of the time of a short run to make its loader of the
 * other kind ready. The library is what its callers are.
 */

const joined = {
  platform: "node",
  // No module of ours does anything by being imported, but for the entries: a command loads what it uses and no more.
  treeshake: { moduleSideEffects: false },
  external: [/^node:/, /^[@a-z]/],
};

export default [
  {
    ...joined,
    input: {
      "air-executor": "dist/src/cli/main.js",
      entry: "dist/src/workers/entry.js",
      "portable-runner": "dist/src/workers/portable/main.js",
    },
    output: {
      dir: "dist/bundle",
      format: "cjs",
      entryFileNames: "[name].cjs",
      chunkFileNames: "[name].cjs",
      dynamicImportInCjs: false,
    },
  },
  {
    ...joined,
    input: { index: "dist/src/index.js", entry: "dist/src/workers/entry.js" },
    output: { dir: "dist/bundle", chunkFileNames: "[name].js" },
  },
];
