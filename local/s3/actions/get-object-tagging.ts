/** https://docs.aws.amazon.com/AmazonS3/latest/API/API_GetObjectTagging.html */
import type { Action } from '../action.js';
import { xmlResponse } from '../response.js';
import { taggingDocument } from '../tags.js';

export const getObjectTagging: Action = async (state, request) =>
  xmlResponse(taggingDocument(state.buckets.get(request.bucket).object(request.key).tags));
