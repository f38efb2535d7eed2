// Generated from crates/connectors by scripts/operations.mjs: do not edit.

/** Operations of WorkSpan. */
export interface WorkspanOperations {
  /** The company that the credentials belong to. */
  GetCompany: {
    readonly arguments: Record<string, never>;
    readonly paged: false;
  };
}

/** Operations of Appspace. */
export interface AppspaceOperations {
  /** The user that the token belongs to. */
  GetCurrentUser: {
    readonly arguments: Record<string, never>;
    readonly paged: false;
  };
  /** Users; for administrators. */
  ListUsers: {
    readonly arguments: {
      /** How many items come before the page. */
      start?: number | string | null | undefined;
      /** How many items make a page. */
      limit?: number | string | null | undefined;
    };
    readonly paged: true;
  };
  /** Channels of the directory. */
  ListChannels: {
    readonly arguments: {
      /** How many items come before the page. */
      start?: number | string | null | undefined;
      /** How many items make a page. */
      limit?: number | string | null | undefined;
    };
    readonly paged: true;
  };
}

/** Operations of Workspace ONE Access. */
export interface WorkspaceOneAccessOperations {
  /** Who is calling. */
  GetMe: {
    readonly arguments: Record<string, never>;
    readonly paged: false;
  };
  /** Users (SCIM). */
  ListUsers: {
    readonly arguments: {
      /** Such as: userName eq "ann". */
      filter?: string | number | null | undefined;
      /** The place of the first user, counted from 1. */
      startIndex?: number | string | null | undefined;
      /** How many users make a page. */
      count?: number | string | null | undefined;
    };
    readonly paged: true;
  };
  /** Directories. */
  ListDirectories: {
    readonly arguments: Record<string, never>;
    readonly paged: false;
  };
}

/** Operations of Workstream. */
export interface WorkstreamOperations {
  /** Open positions. */
  ListPositions: {
    readonly arguments: {
      /** The number of the page, from 1. */
      page?: number | string | null | undefined;
      /** At most 100. */
      per_page?: number | string | null | undefined;
    };
    readonly paged: true;
  };
  /** Employees. */
  ListEmployees: {
    readonly arguments: {
      /** The number of the page, from 1. */
      page?: number | string | null | undefined;
      /** At most 100. */
      per_page?: number | string | null | undefined;
    };
    readonly paged: true;
  };
}

/** The operations of the built-in connectors. */
export interface BuiltInOperations {
  /** WorkSpan. */
  'workspan': WorkspanOperations;
  /** Appspace. */
  'appspace': AppspaceOperations;
  /** Workspace ONE Access. */
  'workspace-one-access': WorkspaceOneAccessOperations;
  /** Workstream. */
  'workstream': WorkstreamOperations;
}
