import type { Action } from '../action.js';
import { chosen } from '../network.js';

/** There are no gateways, but CDK's lookup of a VPC asks for them. */
export const describeVpnGateways: Action = (query) => {
  chosen([], query.strings('VpnGatewayId'), { code: 'InvalidVpnGatewayID.NotFound', what: 'vpnGateway ID' });
  return { vpnGatewaySet: [] };
};
