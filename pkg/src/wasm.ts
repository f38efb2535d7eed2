/**
 * The one seam between this package and its wasm module.
 *
 * An entry (`src/entry/*.ts`) knows how its platform gets at the module, and calls {@link provide} once.
 * Everything else takes the bindings from here and never asks where they came from. To support another
 * platform, add an entry and name it in the `exports` of package.json. Entries are listed there under
 * `sideEffects` too: a bundler that took them for mere re-exports would drop the call of `provide`.
 */

/** What wasm-bindgen generated, ready to be called. */
export type Bindings = Omit<typeof import('../wasm/grantline.js'), 'default' | 'initSync'>;

/** The same for the second module, which also reads and checks connector files. The two share nothing. */
export type Complete = Omit<typeof import('../wasm/complete.js'), 'default' | 'initSync'>;

/** Initialises the wasm module and returns its bindings: at once where the platform can. */
export type Loader = () => Bindings | Promise<Bindings>;

let loader: Loader | undefined;
let state: Bindings | Promise<Bindings> | undefined;
let loadComplete: (() => Promise<Complete>) | undefined;
let completing: Promise<Complete> | undefined;

/** Says how the wasm modules are loaded. Nothing is loaded yet. */
export function provide(load: Loader, complete: () => Promise<Complete>): void {
  loader = load;
  loadComplete = complete;
}

/** The bindings of the second module, loaded when they are first needed. After a failure, the next call tries again. */
export async function complete(): Promise<Complete> {
  if (!loadComplete) throw outside();
  const mine = (completing ??= loadComplete());
  try {
    return await mine;
  } catch (error) {
    if (completing === mine) completing = undefined;
    throw error;
  }
}

/** The bindings, loaded now if they are not yet. After a failure, the next call tries again. */
export async function ready(): Promise<Bindings> {
  return load();
}

/** The bindings at once, for entries that load at once or that waited for {@link ready}. */
export function bindings(): Bindings {
  const found = load();
  if (!(found instanceof Promise)) return found;
  // Whoever waits for `ready` hears of a failure; this caller has its own error.
  found.catch(() => {});
  throw new Error('grantline: the wasm module is still loading');
}

function load(): Bindings | Promise<Bindings> {
  if (state) return state;
  if (!loader) throw outside();
  const found = loader();
  return (state = found instanceof Promise ? settle(found) : found);
}

function outside(): Error {
  return new Error('grantline: import the package itself, not one of its inner files');
}

async function settle(loading: Promise<Bindings>): Promise<Bindings> {
  try {
    return (state = await loading);
  } catch (error) {
    state = undefined;
    throw error;
  }
}
