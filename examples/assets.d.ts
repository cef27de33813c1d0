/** An import of a file that is not code gives the file's absolute path at run time; spotpool ships it with the model. */
declare module '*.bin' {
  const path: string;
  export default path;
}
declare module '*.wasm' {
  const path: string;
  export default path;
}
