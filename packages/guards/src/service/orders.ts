/** One service to start: the manifest of its commit and where the copy of the commit lies. */
export type ServiceOrder = {
  readonly name: string
  readonly dir: string
  readonly argv: readonly string[]
  readonly portEnv: string
}

/** Bytes to send: plain text, or a text repeated between two others for bodies too long to write out. */
export type OrderedBody =
  | string
  | { readonly before: string; readonly repeat: string; readonly times: number; readonly after: string }

/**
 * One HTTP request, its path sent as it stands. `{{name|other}}` in a path stands for
 * what an earlier step saved under the first of the names that is known, encoded; a request whose names nobody
 * saved fails unsent.
 */
export type RequestStep = {
  readonly type: 'request'
  readonly id: string
  readonly service: string
  readonly method: string
  readonly path: string
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: OrderedBody
  /** Keeps the texts and numbers of the JSON answer, and of the objects in it, as `saveAs.member`. */
  readonly saveAs?: string
}

/** Bytes on a bare connection, for what an HTTP client would refuse to send. */
export type RawStep = {
  readonly type: 'raw'
  readonly id: string
  readonly service: string
  readonly text: string
}

/**
 * The same requests again and again, one after the other, each round to every service in turn; a service may
 * stand in the list more than once. Requests whose path needs what nobody saved are left out.
 */
export type SeriesStep = {
  readonly type: 'series'
  readonly id: string
  readonly services: readonly string[]
  readonly requests: readonly { readonly method: string; readonly path: string }[]
  readonly rounds: number
}

/** As many requests for one path at once as there are connections, until `amount` are answered or time is up. */
export type LoadStep = {
  readonly type: 'load'
  readonly id: string
  readonly service: string
  readonly path: string
  readonly connections: number
  readonly amount: number
  readonly maxSeconds: number
}

export type BrowseStep = {
  readonly type: 'browse'
  readonly id: string
  readonly service: string
  readonly path: string
  readonly width: number
  readonly height: number
  readonly javaScript: boolean
  /** Tags of the rules of axe-core to apply; none where it is not asked for. */
  readonly axeTags: readonly string[]
  readonly screenshot: boolean
}

/** Stops the service by SIGTERM (SIGKILL where it does not heed) and starts it again on the same folder. */
export type RestartStep = { readonly type: 'restart'; readonly id: string; readonly service: string }

export type Step = RequestStep | RawStep | SeriesStep | LoadStep | BrowseStep | RestartStep

/** Where the libraries lie that the driver loads when a step needs them; null where they are not needed. */
export type DriverModules = {
  readonly autocannon: string | null
  readonly playwright: string | null
  readonly axe: string | null
  readonly browser: string | null
}

/** What the driver reads from its standard input before anything of the project runs. */
export type Orders = {
  readonly key: string
  readonly report: string
  readonly services: readonly ServiceOrder[]
  /** Variable of the driver that services get too: by it whoever runs the driver finds what outlives both. */
  readonly passedOn: string
  readonly steps: readonly Step[]
  readonly modules: DriverModules
  /** Whether a service that died is started again for the steps that are left. */
  readonly revive: boolean
  readonly startTimeoutMs: number
  readonly requestTimeoutMs: number
  /** After this long no further step is begun, and what is known is sealed. */
  readonly deadlineMs: number
}
