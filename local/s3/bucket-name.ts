/** https://docs.aws.amazon.com/AmazonS3/latest/userguide/bucketnamingrules.html */
const SHAPE = /^(?!\d+\.\d+\.\d+\.\d+$)(?!.*\.\.)[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$/;
const RESERVED_START = /^(xn--|sthree-|amzn-s3-demo-)/;
const RESERVED_END = /(-s3alias|--ol-s3|\.mrap|--x-s3|--table-s3)$/;

export const isValidBucketName = (name: string): boolean =>
  SHAPE.test(name) && !RESERVED_START.test(name) && !RESERVED_END.test(name);
