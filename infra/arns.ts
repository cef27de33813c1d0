/** https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazonec2.html */
import { Aws } from 'aws-cdk-lib';

const ec2Arn = (resource: string): string => `arn:${Aws.PARTITION}:ec2:${Aws.REGION}:${Aws.ACCOUNT_ID}:${resource}`;

export const fleetArn = (fleetId: string): string => ec2Arn(`fleet/${fleetId}`);
export const anyInstanceArn = (): string => ec2Arn('instance/*');
