import type { Permission } from './permissions.ts'

/**
 * Whether the token of a claimed task may do it: not at all, beside others (and then only within its own task,
 * which the operation itself sees to), or nobody else.
 */
export type ByTask = 'no' | 'also' | 'only'

/** What an operation asks of its caller. `permission` null: a valid token, whatever it allows. */
export type OperationFacts = { readonly permission: Permission | null; readonly byTask: ByTask }

/** `public`: needs no token, and so tells nothing. */
export type Operation = OperationFacts | 'public'

const on = (permission: Permission | null, byTask: ByTask = 'no'): OperationFacts => ({ permission, byTask })

const RUNS = {
  planRun: on('runs:write'),
  startRun: on('runs:write'),
  uploadBundle: on('runs:write'),
  signalRun: on('runs:write'),
  topUpRun: on('budgets:write'),
  listRuns: on('runs:read'),
  readRun: on('runs:read'),
  listTasks: on('runs:read'),
  readTask: on('runs:read'),
  readGate: on('runs:read'),
  readCost: on('runs:read'),
  listLogs: on('runs:read'),
  readDossier: on('runs:read'),
  readStory: on('runs:read'),
  compareRuns: on('runs:read'),
  listPastUse: on('runs:read'),
  forkRun: on('runs:write'),
  editArtifact: on('runs:write'),
  previewEdit: on('runs:write'),
  listArtifacts: on('runs:read'),
  // A task reads what it was given to work on.
  readArtifact: on('runs:read', 'also'),
  readArtifactContent: on('runs:read', 'also'),
  listReadiness: on('runs:read'),
  readGateReadiness: on('runs:read'),
  listWaivers: on('runs:read'),
  requestWaiver: on('waivers:request'),
  approveWaiver: on('gates:decide'),
  rejectWaiver: on('gates:decide'),
  revokeWaiver: on('gates:decide'),
} as const satisfies Record<string, Operation>

const QUESTIONS = {
  listQuestions: on('questions:read'),
  readQuestion: on('questions:read', 'also'),
  answerQuestion: on('questions:answer'),
  listInbox: on('questions:read'),
} as const satisfies Record<string, Operation>

const BACKLOG = {
  startProject: on('backlog:write'),
  changeProject: on('backlog:write'),
  uploadRecords: on('backlog:write'),
  listTemplates: on('backlog:read'),
  listProjects: on('backlog:read'),
  readProject: on('backlog:read'),
  readReport: on('backlog:read'),
  listDeliverables: on('backlog:read'),
  readDeliverableContent: on('backlog:read'),
  listItems: on('backlog:read'),
  listItemTree: on('backlog:read'),
  listAllItems: on('backlog:read'),
  readItem: on('backlog:read'),
  listItemHistory: on('backlog:read'),
  addItems: on('backlog:write'),
  importItems: on('backlog:write'),
  moveItem: on('backlog:write'),
  splitItem: on('backlog:write'),
  addDependency: on('backlog:write'),
  removeDependency: on('backlog:write'),
  cancelItem: on('backlog:write'),
  retryItem: on('backlog:write'),
  blockItem: on('backlog:write'),
  unblockItem: on('backlog:write'),
  changeItem: on('backlog:write'),
  deleteItem: on('backlog:write'),
  dispatchItem: on('backlog:write'),
  reviewItem: on('backlog:write'),
  requestApproval: on('backlog:write'),
  // What the coordinator asked for it may not grant itself.
  submitApproval: on('gates:decide'),
  listWorkers: on('backlog:read'),
} as const satisfies Record<string, Operation>

const WORK = {
  // The claim is the agent's own; what follows is done with the token that came with it.
  claimTasks: on('work:do'),
  beatTask: on('work:do', 'only'),
  saveCheckpoint: on('work:do', 'only'),
  appendLog: on('work:do', 'only'),
  completeTask: on('work:do', 'only'),
  failTask: on('work:do', 'only'),
  uploadBlob: on('work:do', 'only'),
  claimWork: on('work:do'),
  listWorkRows: on('work:do', 'only'),
  readWorkInput: on('work:do', 'only'),
  completeWork: on('work:do', 'only'),
  failWork: on('work:do', 'only'),
  clarifyWork: on('work:do', 'only'),
} as const satisfies Record<string, Operation>

const RECORDS = {
  listEvents: on('events:read'),
  streamEvents: on('events:read'),
  readMetrics: on('metrics:read'),
  listDeadLetters: on('dead-letters:read'),
  readDeadLetter: on('dead-letters:read'),
  redriveDeadLetter: on('dead-letters:write'),
  dropDeadLetter: on('dead-letters:write'),
} as const satisfies Record<string, Operation>

const CONVERSATION = {
  listThreads: on('threads:read'),
  readThread: on('threads:read'),
  listThreadMessages: on('threads:read'),
  listThreadWakes: on('threads:read'),
  listSessions: on('sessions:read'),
  readSession: on('sessions:read'),
  listAudit: on('audit:read'),
  readPolicy: on('policy:read'),
  changePolicy: on('policy:write'),
} as const satisfies Record<string, Operation>

const COMPATIBILITY = {
  initProject: on('backlog:write'),
  readProjectStatus: on('backlog:read'),
  listOldQuestions: on('questions:read'),
  answerOldQuestion: on('questions:answer'),
  listOldLogs: on('events:read'),
  readOldHealth: 'public',
  scheduleTask: on('backlog:write'),
  createTask: on('backlog:write'),
  listOrgTasks: on('backlog:read'),
  claimOrgTask: on('work:do'),
  updateOrgTask: on('work:do'),
  logOrgTask: on('work:do'),
  listOrgAgents: on('backlog:read'),
  registerOrgAgent: on('work:do'),
  beatOrgAgent: on('work:do'),
  streamOrgTasks: on('events:read'),
  streamOrgAgents: on('events:read'),
} as const satisfies Record<string, Operation>

const IDENTITY = {
  readHealth: 'public',
  readReadiness: 'public',
  readTokenKeys: 'public',
  readResourceMetadata: 'public',
  readMcpMetadata: 'public',
  readDescription: on(null),
  readWhoami: on(null, 'also'),
  createToken: on('tokens:manage'),
  listTokens: on('tokens:manage'),
  readToken: on('tokens:manage'),
  revokeToken: on('tokens:manage'),
  revokeForeignToken: on('tokens:manage'),
  rotateTokenKey: on('tokens:manage'),
  // Whoever holds a token may have a fresh one of the same grant: it allows nothing more.
  renewToken: on(null),
} as const satisfies Record<string, Operation>

/** Methods of the agent surface, under the names of their contracts, and the door of MCP itself. */
const METHODS = {
  // Each tool asks for its own permission.
  mcp: on(null, 'also'),
  create_thread: on('threads:manage'),
  get_thread: on('threads:read', 'also'),
  list_threads: on('threads:read', 'also'),
  add_participant: on('threads:manage'),
  remove_participant: on('threads:manage'),
  post_message: on('threads:write', 'also'),
  read_messages: on('threads:read', 'also'),
  wait_for_messages: on('threads:read', 'also'),
  ack_read: on('threads:write', 'also'),
  get_deliveries: on('threads:read', 'also'),
  update_thread_status: on('threads:manage'),
  summarize_thread: on('threads:read', 'also'),
  search_messages: on('threads:read', 'also'),
  heartbeat_session: on('sessions:write'),
  trigger_participant: on('threads:manage'),
  claim_task: on('work:do'),
  // Who claimed a task may end it by its own token, or by the one that came with the task.
  heartbeat_task: on('work:do', 'also'),
  checkpoint_task: on('work:do', 'also'),
  complete_task: on('work:do', 'also'),
  fail_task: on('work:do', 'also'),
  ask_question: on('questions:ask', 'also'),
  read_question: on('questions:read', 'also'),
  list_questions: on('questions:read'),
  answer_question: on('questions:answer'),
  list_runs: on('runs:read'),
  get_run: on('runs:read'),
  list_artifacts: on('runs:read'),
  read_artifact: on('runs:read', 'also'),
  list_gates: on('runs:read'),
  propose_waiver: on('waivers:request'),
  list_projects: on('backlog:read'),
  list_items: on('backlog:read'),
  get_item: on('backlog:read'),
} as const satisfies Record<string, Operation>

/**
 * Every operation by the name of its route or method, with the permission it asks for. A route without a row
 * here stops the start. docs/access.md is generated from this table and from `PERMISSIONS`.
 */
export const OPERATIONS: Readonly<Record<string, Operation>> = {
  ...RUNS,
  ...QUESTIONS,
  ...BACKLOG,
  ...WORK,
  ...RECORDS,
  ...CONVERSATION,
  ...COMPATIBILITY,
  ...IDENTITY,
  ...METHODS,
}
