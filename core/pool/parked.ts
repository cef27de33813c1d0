/** R9: whether the fleet has come to its end state. */

export interface ParkingView {
  /** The target that the controller decided on. */
  readonly desiredTarget: number;
  /** The target that the fleet shows. */
  readonly shownTarget: number;
  /** The number of pending and running instances. */
  readonly live: number;
  /** The fleet has accepted a target that no describe call has shown yet. */
  readonly awaitsTarget: boolean;
}

/** No instance is wanted, shown or live, and no accepted target can bring one. */
export const isParked = ({ desiredTarget, shownTarget, live, awaitsTarget }: ParkingView): boolean =>
  !awaitsTarget && desiredTarget === 0 && shownTarget === 0 && live === 0;
