/** The bounds of both simulations. */

/** The mean of so many simulations is far more exact than the assumptions behind it. */
export const MOST_SIMULATIONS = 10_000;
export const MOST_SEED = 4_294_967_295;
