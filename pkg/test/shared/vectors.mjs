/** Replays every conformance vector of the repository through the wasm module. */
import { equal } from './assert.mjs';

const FOLDER = 'tests/vectors';
/** Fewer than this means that the replayer does not find them. */
const FEWEST = 300;

export const tests = {
  'every vector gives the same steps here': async ({ grantline, read, list }) => {
    const files = (await list(FOLDER)).filter((path) => path.endsWith('.json'));
    if (files.length < FEWEST) throw new Error(`${files.length} vectors in ${FOLDER}, expected at least ${FEWEST}`);
    const failures = [];
    for (const file of files) {
      try {
        await replay(grantline, JSON.parse(await read(file)));
      } catch (error) {
        failures.push(`${file}: ${error.message}`);
      }
    }
    console.log(`${files.length} vectors replayed, ${failures.length} differ`);
    if (failures.length > 0) throw new Error(failures.join('\n'));
  },
};

export async function replay(grantline, vector) {
  const known = ['name', 'why', 'connector', 'parameters', 'options', 'restore', 'flow', 'script', 'expect', '$schema'];
  const unknown = Object.keys(vector).filter((key) => !known.includes(key));
  if (unknown.length > 0) throw new Error(`this replayer does not know ${unknown.join(', ')}`);
  const outcome = await begin(grantline, vector).then(
    (flow) => ({ flow }),
    (error) => ({ error: plain(error) }),
  );
  const expected = vector.expect?.error;
  if (expected) equal(outcome.error, expected, 'the error of the settings differs');
  else if (outcome.error) throw new Error(`cannot begin: ${JSON.stringify(outcome.error)}`);
  for (const [index, { ambient, event, step }] of (vector.script ?? []).entries()) {
    const { now, entropy = '00'.repeat(32) } = ambient ?? { now: 0 };
    equal(outcome.flow.tryAdvance(event, { now, entropy }), step, `step ${index} (${event.kind}) differs`);
  }
}

async function begin(grantline, { connector, parameters, options = {}, restore, flow }) {
  const { allowLoopback, parameterSet, shared, ...rest } = options;
  if (Object.keys(rest).length > 0) throw new Error(`unknown options ${Object.keys(rest).join(', ')}`);
  const connection = await grantline.connect(connector, parameters ?? {}, {
    allowInsecureLoopback: allowLoopback,
    parameterSet,
    shared,
    snapshot: restore,
  });
  if (flow === 'settings') return undefined;
  if (flow === 'test') return connection.startTest();
  if (flow === 'grant') return connection.start();
  if (flow.call) return connection.startCall(flow.call.method, flow.call.target, flow.call.replayable);
  if (flow.operation) {
    const { id, arguments: given, replayable } = flow.operation;
    return connection.startOperation(id, given, replayable);
  }
  throw new Error(`unknown flow ${JSON.stringify(flow)}`);
}

/** The message form of an error. */
function plain(error) {
  const { code, message, parameter, status, serverCode, requestId, fault, retryAt, needsReconnect } = error;
  const found = { code, message, parameter, status, serverCode, requestId, fault, retryAt: retryAt?.getTime(), needsReconnect };
  return JSON.parse(JSON.stringify(found));
}
