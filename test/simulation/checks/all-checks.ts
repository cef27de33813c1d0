/** Every check of a rule, as the observers of one run. README.md says which check is whose. */
import type { Observer } from '../calls.js';
import { Calm } from './calm.js';
import { HeldLeases } from './held-leases.js';
import { ResultFirst } from './r1-result-first.js';
import { Leases } from './r2-leases.js';
import { Notices } from './r3-notices.js';
import { Partials } from './r3-partials.js';
import { Reclaims } from './r4-reclaims.js';
import { Completion } from './r5-completion.js';
import { Exits } from './r6-exits.js';
import { Target } from './r7-target.js';
import { Zero } from './r9-zero.js';
import { Items } from './r10-items.js';
import { Bounds } from './r11-bounds.js';
import { Calls } from './r11-calls.js';
import { Damage } from './r13-damage.js';
import { Events } from './r12-events.js';

/** Those that others ask come first. */
export function allChecks(): readonly Observer[] {
  const leases = new HeldLeases();
  const calm = new Calm();
  const completion = new Completion();
  return [
    leases,
    calm,
    completion,
    new ResultFirst(leases),
    new Leases(leases, calm),
    new Notices(leases, calm),
    new Partials(leases, calm),
    new Reclaims(),
    new Exits(),
    new Target(completion),
    new Zero(calm),
    new Items(),
    new Bounds(leases),
    new Calls(),
    new Events(leases, calm),
    new Damage(calm),
  ];
}
