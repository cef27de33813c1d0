/** The suites that synthesise stacks, in one process: loading the CDK takes seconds. */
import './spot-pool.suite.js';
import './job-store.suite.js';
import './roles.suite.js';
import './spot-pool-options.suite.js';
import './redeploy.suite.js';
import './metrics.suite.js';
import './template.suite.js';
