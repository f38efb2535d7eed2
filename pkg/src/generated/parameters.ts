// Generated from crates/connectors by scripts/parameters.mjs: do not edit.

/** Parameters of WorkSpan. */
export interface WorkspanParameters {
  /** Base URL. Production, or https://api-sandbox.workspan.com for every sandbox. Default: `https://api.workspan.com`. */
  baseUrl?: string | undefined;
  /** Environment. The sandbox environment by its host name, sent as x-ws-env on every request. */
  environment?: string | undefined;
  /** Application User ID. Company profile > Applications > Application Users. */
  clientId: string;
  /** Secret. Shown once when the Application User is created or its secret is reset. */
  clientSecret: string;
}

/** Appspace: Application token. */
export interface AppspaceRefreshTokenParameters {
  /** Base URL. The public cloud, or that of your private cloud: the one in which the token was made. Default: `https://api.cloud.appspace.com`. */
  baseUrl?: string | undefined;
  /** SubjectId. Admin > Integrations > API Tokens: the details of the token. */
  subjectId: string;
  /** RefreshToken. Admin > Integrations > API Tokens: the details of the token. */
  refreshToken: string;
}

/** Appspace: API key. */
export interface AppspaceApiKeyParameters {
  /** Base URL. The public cloud, or that of your private cloud: the one in which the token was made. Default: `https://api.cloud.appspace.com`. */
  baseUrl?: string | undefined;
  /** API key. Admin > Integrations > API Tokens: enable the API Key option of the token. */
  apiKey: string;
  /** Header of the API key. Appspace does not publish which header carries the key: ask its support. */
  apiKeyHeader: string;
}

/** Parameters of Appspace: one of its ways to authenticate. */
export type AppspaceParameters = AppspaceRefreshTokenParameters | AppspaceApiKeyParameters;

/** Parameters of Workspace ONE Access. */
export interface WorkspaceOneAccessParameters {
  /** Tenant URL. The address of your tenant, without a path. */
  baseUrl: string;
  /** Client ID. Settings > OAuth 2.0 Management > Clients: a Service Client Token. */
  clientId: string;
  /** Shared Secret. Shown when the client is saved. */
  clientSecret: string;
  /** Scope. Scopes for a renewal, separated by spaces; all of the client if left out. */
  scope?: string | undefined;
}

/** Workstream: Client credentials. */
export interface WorkstreamClientCredentialsParameters {
  /** Base URL. Leave it as it is. Default: `https://public-api.workstream.us`. */
  baseUrl?: string | undefined;
  /** Client ID. Company > Integrations > Access Tokens. Workstream's support enables the OAuth App module. */
  clientId: string;
  /** Client secret. Company > Integrations > Access Tokens. */
  clientSecret: string;
  /** Token name. Under this name the token stands in the console. Default: `Grantline`. */
  name?: string | undefined;
  /** Data access. Scopes, separated by spaces. Default: `positions company_users company_roles position_applications employees locations departments team_members imported_employee_infos`. */
  scopes?: string | undefined;
}

/** Workstream: Token from the console. */
export interface WorkstreamConsoleTokenParameters {
  /** Base URL. Leave it as it is. Default: `https://public-api.workstream.us`. */
  baseUrl?: string | undefined;
  /** Access token. Company Settings > Integrations > Access Token. It lives seven days; then make or refresh one there. */
  token: string;
  /** Made at. When the token was made: 2026-11-22 or 2026-11-22T09:00:00Z. If left out, its seven days count from the first use. */
  issuedAt?: string | undefined;
}

/** Parameters of Workstream: one of its ways to authenticate. */
export type WorkstreamParameters = WorkstreamClientCredentialsParameters | WorkstreamConsoleTokenParameters;

/** The built-in connectors, and what a connection to each needs. */
export interface BuiltIn {
  /** WorkSpan. */
  'workspan': WorkspanParameters;
  /** Appspace. */
  'appspace': AppspaceParameters;
  /** Workspace ONE Access. */
  'workspace-one-access': WorkspaceOneAccessParameters;
  /** Workstream. */
  'workstream': WorkstreamParameters;
}
