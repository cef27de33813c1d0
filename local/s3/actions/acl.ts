/**
 * ACLs are disabled, as in every new bucket: reading one shows the owner's full control, and none can be set.
 * https://docs.aws.amazon.com/AmazonS3/latest/API/API_GetObjectAcl.html
 */
import { ACCOUNT_ID, type Action } from '../action.js';
import { aclNotSupported } from '../guards.js';
import { xmlResponse } from '../response.js';
import { leaf, parent, xmlDocument } from '../xml.js';

const OWNER = leaf('ID', ACCOUNT_ID);
const GRANTEE = `<Grantee xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" xsi:type="CanonicalUser">${OWNER}</Grantee>`;
const DOCUMENT = xmlDocument('AccessControlPolicy', [
  parent('Owner', [OWNER]),
  parent('AccessControlList', [parent('Grant', [GRANTEE, leaf('Permission', 'FULL_CONTROL')])]),
]);

export const getAcl: Action = async (state, { bucket: name, key }) => {
  const bucket = state.buckets.get(name);
  if (key !== '') bucket.object(key);
  return xmlResponse(DOCUMENT);
};

export const putAcl: Action = async (state, { bucket }) => {
  state.buckets.get(bucket);
  throw aclNotSupported();
};
