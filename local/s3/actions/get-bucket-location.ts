/** https://docs.aws.amazon.com/AmazonS3/latest/API/API_GetBucketLocation.html */
import type { Action } from '../action.js';
import { xmlResponse } from '../response.js';
import { xmlDocument } from '../xml.js';

export const getBucketLocation: Action = async (state, request) => {
  const { location } = state.buckets.get(request.bucket);
  // The oldest region has no location constraint.
  return xmlResponse(xmlDocument('LocationConstraint', location === 'us-east-1' ? [] : [location]));
};
