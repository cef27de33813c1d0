/**
 * The images that DescribeImages shows: Amazon Linux 2023, one for each architecture. An instance's disk is a
 * directory and its system is this machine's, so an image is only a name. Launch templates may name any other
 * image, too.
 */
export interface Image {
  readonly id: string;
  readonly name: string;
  readonly architecture: 'arm64' | 'x86_64';
}

export const IMAGE_CREATED = '2026-01-01T00:00:00.000Z';

export const images: readonly Image[] = [
  { id: 'ami-0000000000000a764', name: 'al2023-ami-2023.9.20260101.0-kernel-6.1-arm64', architecture: 'arm64' },
  { id: 'ami-0000000000000b864', name: 'al2023-ami-2023.9.20260101.0-kernel-6.1-x86_64', architecture: 'x86_64' },
];

/** Undefined means unknown, which allows any architecture. */
export const architectureOf = (imageId: string | undefined): Image['architecture'] | undefined =>
  images.find((image) => image.id === imageId)?.architecture;
