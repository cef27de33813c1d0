import type { Action } from '../action.js';
import { chosen } from '../network.js';

/** There is none. CDK's lookup of a VPC asks. */
export const describeVpnGateways: Action = (query) => {
  chosen([], query.strings('VpnGatewayId'), { code: 'InvalidVpnGatewayID.NotFound', what: 'vpnGateway ID' });
  return { vpnGatewaySet: [] };
};
