/** The length of a worker's leases. They are short, because a lease is the cost of a worker that vanishes, and long enough for two beats to fail. */
export const LEASE_SECONDS = 20;
