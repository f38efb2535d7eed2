/** What the built-in connectors say about themselves. */
import { FILES } from './generated/files.js';

/** One input of a connection. */
export interface ParameterInfo {
  readonly name: string;
  readonly type: 'string' | 'securestring' | 'int' | 'bool';
  readonly title: string;
  readonly help?: string;
  readonly optional?: boolean;
  readonly default?: string;
  readonly allowed?: readonly string[];
  readonly example?: string;
}

/** One of several ways to authenticate. */
export interface ParameterSetInfo {
  readonly name: string;
  readonly title: string;
  readonly parameters: readonly ParameterInfo[];
}

/** What a connector says about itself. */
export interface ConnectorInfo {
  readonly id: string;
  readonly title: string;
  readonly summary?: string;
  readonly docs?: string;
  /** The inputs that every way to authenticate needs. */
  readonly parameters: readonly ParameterInfo[];
  /** The alternative ways to authenticate; empty if there is one. */
  readonly sets: readonly ParameterSetInfo[];
}

/**
 * A connector of your own: the object of a connector file. The JSON Schema in the repository describes it, and
 * `connect` says what is wrong with it.
 */
export interface ConnectorFile {
  readonly id: string;
  readonly title: string;
  readonly [field: string]: unknown;
}

type File = ConnectorFile & Partial<ConnectorInfo>;

/** The built-in connectors, for forms and menus. */
export function connectors(): ConnectorInfo[] {
  return Object.values(FILES).map((text) => describe(JSON.parse(text) as File));
}

/** The names of the parameters that nobody may see. */
export function secretsOf(connector: string | ConnectorFile): string[] {
  const found = typeof connector === 'string' ? connectors().find(({ id }) => id === connector) : describe(connector);
  const all = [found?.parameters ?? [], ...(found?.sets ?? []).map((set) => set.parameters ?? [])].flat();
  return all.filter((parameter) => parameter.type === 'securestring').map((parameter) => parameter.name);
}

function describe({ id, title, summary, docs, parameters = [], sets = [] }: File): ConnectorInfo {
  return {
    id,
    title,
    ...(summary === undefined ? {} : { summary }),
    ...(docs === undefined ? {} : { docs }),
    parameters,
    sets: sets.map(({ name, title: label, parameters: own }) => ({ name, title: label, parameters: own ?? [] })),
  };
}
