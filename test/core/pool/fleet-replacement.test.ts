import { describe, expect, it } from 'vitest';
import { fleetReplacements } from '../../../core/pool/fleet-replacement.js';

const template = (
  fleet: Record<string, unknown> = {},
  subnet: Record<string, unknown> = { CidrBlock: '10.0.0.0/24' },
  image = 'one',
) => ({
  Resources: {
    Fleet: {
      Type: 'AWS::EC2::EC2Fleet',
      Properties: {
        Type: 'maintain',
        TargetCapacitySpecification: { TotalTargetCapacity: 0 },
        LaunchTemplateConfigs: [{ Overrides: [{ SubnetId: { Ref: 'Subnet' } }], Id: { Ref: 'Launch' } }],
        ...fleet,
      },
    },
    Subnet: { Type: 'AWS::EC2::Subnet', Properties: subnet },
    Launch: { Type: 'AWS::EC2::LaunchTemplate', Properties: { image } },
  },
});

describe('a deploy that replaces the fleet', () => {
  it('is not a deploy that changes nothing, the target, or the version of the launch template', () => {
    expect(fleetReplacements(template(), template())).toEqual([]);
    expect(fleetReplacements(template(), template({ TargetCapacitySpecification: {}, Context: 'x' }))).toEqual([]);
    expect(fleetReplacements(template(), template({}, undefined, 'two'))).toEqual([]);
    expect(fleetReplacements({}, template())).toEqual([]);
  });

  it('is a deploy that changes how instances are launched, another property or a subnet, or drops the fleet', () => {
    const launch = { LaunchTemplateConfigs: [{ Overrides: [], Id: { Ref: 'Launch2' } }] };
    expect(fleetReplacements(template(), template(launch))).toEqual([expect.stringContaining('launched otherwise')]);
    expect(fleetReplacements(template(), template({ SpotOptions: {} }))).toEqual(['its property SpotOptions differs']);
    expect(fleetReplacements(template(), template({}, { CidrBlock: '10.1.0.0/24' }))).toEqual([
      'Subnet, which it uses, differs',
    ]);
    expect(fleetReplacements(template(), {})).toEqual([expect.stringContaining('no longer in the template')]);
  });
});
