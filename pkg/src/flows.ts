/** The machines step by step, for hosts that do their own HTTP. */
import { GrantlineError } from './errors.js';
import type { Ambient, CallStep, ErrorStep, Event, GrantStep } from './messages.js';

/** What a flow needs of the wasm module. */
interface Machine {
  advance(event: unknown, ambient: unknown): unknown;
}

/**
 * A machine that takes one event and returns one step.
 *
 * @example
 * ```ts
 * const flow = connection.start();
 * let step = flow.advance({ kind: 'start' });
 * while (step.kind !== 'done') step = flow.advance(await perform(step));
 * ```
 */
export class Flow<Step> {
  readonly #machine: Machine;
  readonly #changed: () => void;

  /** @internal */
  constructor(machine: Machine, changed: () => void) {
    this.#machine = machine;
    this.#changed = changed;
  }

  /**
   * Takes one event and says what to do next.
   *
   * @throws {@link GrantlineError} when the flow has failed, or the event does not fit
   */
  advance(event: Event, ambient?: Ambient): Step {
    const step = this.tryAdvance(event, ambient);
    if (isError(step)) throw new GrantlineError(step);
    return step;
  }

  /** The same, except that a failure is a step `{ kind: 'error', code, message, ... }`. */
  tryAdvance(event: Event, ambient?: Ambient): Step | ErrorStep {
    const step = this.#machine.advance(event, ambient) as Step | ErrorStep;
    this.#changed();
    return step;
  }
}

/** The token of a connection, step by step. */
export type GrantFlow = Flow<GrantStep>;
/** One API request, step by step. */
export type CallFlow = Flow<CallStep>;

function isError(step: unknown): step is ErrorStep {
  return (step as { kind: string }).kind === 'error';
}
