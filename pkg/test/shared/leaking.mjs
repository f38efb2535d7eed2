/** The last suite: nothing that all the others printed or threw holds a secret. */
import { equal, ok } from './assert.mjs';
import { count, leaks } from './leaks.mjs';

export const tests = {
  'no secret was printed, thrown or told': async () => {
    ok(count() > 50, `only ${count()} messages were seen`);
    equal(leaks(), []);
  },
};
