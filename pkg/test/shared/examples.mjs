/** Replays the vectors of the example connectors: connectors that are given as objects. */
import { replay } from './vectors.mjs';

const FOLDER = 'crates/connectors/examples/connectors';
/** Fewer than this means that they are not found. */
const FEWEST = 270;

export const tests = {
  'every vector of an example connector gives the same steps here': async ({ grantline, read, list }) => {
    const files = (await list(FOLDER)).filter((path) => path.includes('.vectors/') && path.endsWith('.json'));
    if (files.length < FEWEST) throw new Error(`${files.length} vectors in ${FOLDER}`);
    const failures = [];
    for (const file of files) {
      try {
        // The connector that the vector lies beside, as an object.
        const connector = JSON.parse(await read(`${file.split('.vectors/')[0]}.json`));
        const replayed = replay(grantline, { ...JSON.parse(await read(file)), connector });
        await (connector.auth?.client_certificate ? refused(replayed) : replayed);
      } catch (error) {
        failures.push(`${file}: ${error.message}`);
      }
    }
    console.log(`${files.length} vectors of examples replayed, ${failures.length} differ`);
    if (failures.length > 0) throw new Error(failures.join('\n'));
  },
};

/** Nothing here can send a client certificate, which is said before anything is sent. */
async function refused(replayed) {
  const outcome = await replayed.then(() => 'it was not refused', (error) => error.message);
  if (!outcome.includes('needs a client certificate')) throw new Error(outcome);
}
