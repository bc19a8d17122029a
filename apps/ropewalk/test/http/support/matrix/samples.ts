/** What stands for an id in a sample; each is filled with one of ours, one of another workspace, or none. */
export const PLACES = [
  'RUN',
  'TASK',
  'WORK',
  'PROJECT',
  'ITEM',
  'DOOMED',
  'QUESTION',
  'APPROVAL',
  'ARTIFACT',
  'DELIVERABLE',
  'WAIVER',
  'THREAD',
  'AGENT',
  'GRANT',
  'LETTER',
] as const
export type Place = (typeof PLACES)[number]

/** One good request to an operation. `SELF` in it is the caller's own name. */
export type Sample = {
  /** Below the address of the description; without it that address, with its parameters filled by `in`. */
  readonly in?: readonly Place[]
  readonly body?: Readonly<Record<string, unknown>>
  /** Bytes in place of JSON. */
  readonly raw?: { readonly type: string; readonly text: string }
  /** Of a phase or another name in the address. */
  readonly names?: Readonly<Record<string, string>>
  readonly query?: string
  /** Who may is answered 404 for their own as well: it is not there yet. */
  readonly mayLack?: boolean
  /** Only for who takes part in the thread; `member`: even where they may read all threads. */
  readonly reach?: 'thread' | 'member' | 'holder'
  /** Answers that a caller gets for a reason of the operation's own, by the caller's label. */
  readonly own?: Readonly<Record<string, number>>
}

const draft = { kind: 'task', title: 'x' }
const reason = { reason: 'x' }
const deliverable = {
  name: 'Result',
  body: {
    type: 'note',
    agent: 'a',
    confidence: 0.5,
    simulated: false,
    facts: [],
    claims: [],
    content: { text: 'x' },
  },
}
const evidence = [{ kind: 'source', statement: 'x' }]
const output = { name: 'Sketch', mediaType: 'text/plain', content: 'x' }
const waiver = { rubric: 'completeness', details: 'x', owner: 'anna', justification: 'x', days: 3 }
const question = {
  text: 'Which?',
  fields: ['year'],
  defaultAnswer: 'x',
  impact: 'x',
  risk: 'low',
  policy: 'wait',
}

const RUNS: Readonly<Record<string, Sample>> = {
  planRun: { body: { idea: 'x' } },
  startRun: { body: { idea: 'x', budgetUsd: 0, hold: true } },
  uploadBundle: { raw: { type: 'application/octet-stream', text: 'x' } },
  signalRun: { in: ['RUN'], body: { signal: 'resume' } },
  topUpRun: { in: ['RUN'], body: { addUsd: 0.01 } },
  listRuns: {},
  readRun: { in: ['RUN'] },
  listTasks: { in: ['RUN'] },
  readTask: { in: ['TASK'] },
  readGate: { in: ['RUN'], names: { phase: 'sketch' } },
  readCost: { in: ['RUN'] },
  listLogs: { in: ['RUN'] },
  readDossier: { in: ['RUN'], mayLack: true },
  readStory: { in: ['RUN'] },
  compareRuns: { in: ['RUN', 'RUN'] },
  listPastUse: {},
  forkRun: { in: ['RUN'], body: { phase: 'sketch', budgetUsd: 0 } },
  editArtifact: { in: ['RUN'], body: { name: 'Idea', content: { text: 'x' } } },
  previewEdit: { in: ['RUN'], body: { name: 'Idea', content: { text: 'x' } } },
  listArtifacts: { in: ['RUN'] },
  readArtifact: { in: ['ARTIFACT'] },
  readArtifactContent: { in: ['ARTIFACT'] },
  listReadiness: { in: ['RUN'] },
  readGateReadiness: { in: ['RUN'], names: { phase: 'sketch' } },
  listWaivers: { in: ['RUN'] },
  requestWaiver: { in: ['RUN'], body: { ...waiver, phase: 'sketch', compensatingControl: 'x' } },
  approveWaiver: { in: ['WAIVER'], body: {} },
  rejectWaiver: { in: ['WAIVER'], body: reason },
  revokeWaiver: { in: ['WAIVER'], body: reason },
  listQuestions: {},
  // The token of a task reads questions of its own run.
  readQuestion: { in: ['QUESTION'], own: { task: 403 } },
  answerQuestion: { in: ['QUESTION'], body: { answer: 'x' } },
  listInbox: {},
}

const BACKLOG: Readonly<Record<string, Sample>> = {
  startProject: { body: { request: 'Count the invoices.', template: null, clarification: 'autonomous' } },
  changeProject: { in: ['PROJECT'], body: { signal: 'resume' } },
  uploadRecords: { raw: { type: 'text/csv', text: 'a,b\n1,2\n' }, query: 'name=a.csv' },
  listTemplates: {},
  listProjects: {},
  readProject: { in: ['PROJECT'] },
  readReport: { in: ['PROJECT'], mayLack: true },
  listDeliverables: { in: ['PROJECT'] },
  readDeliverableContent: { in: ['DELIVERABLE'] },
  listItems: { in: ['PROJECT'] },
  listItemTree: { in: ['PROJECT'] },
  listAllItems: {},
  readItem: { in: ['ITEM'] },
  listItemHistory: { in: ['ITEM'] },
  addItems: { in: ['PROJECT'], body: { items: [draft] } },
  importItems: { in: ['PROJECT'], body: { format: 'json', content: '[{"kind":"task","title":"x"}]' } },
  moveItem: { in: ['ITEM'], body: { parentId: null } },
  splitItem: { in: ['ITEM'], body: { into: [draft, draft] } },
  addDependency: { in: ['ITEM'], body: { dependsOnId: 'DOOMED' }, mayLack: true },
  removeDependency: { in: ['ITEM', 'DOOMED'], mayLack: true },
  cancelItem: { in: ['DOOMED'], body: reason, mayLack: true },
  retryItem: { in: ['ITEM'], body: {} },
  blockItem: { in: ['ITEM'], body: reason },
  unblockItem: { in: ['ITEM'], body: {} },
  changeItem: { in: ['ITEM'], body: { title: 'x' } },
  deleteItem: { in: ['DOOMED'], query: 'reason=x', mayLack: true },
  dispatchItem: { in: ['ITEM'], body: { capability: 'x' } },
  reviewItem: { in: ['ITEM'], body: { result: 'approved', notes: 'x' } },
  requestApproval: { in: ['ITEM'], body: { reason: 'x', quorum: 1 } },
  submitApproval: { in: ['APPROVAL'], body: { approved: true, notes: 'x' } },
  listWorkers: {},
}

const WORK: Readonly<Record<string, Sample>> = {
  claimTasks: { body: { worker: 'SELF', capabilities: ['none'] } },
  beatTask: { in: ['TASK'], body: { pct: 1 } },
  saveCheckpoint: { in: ['TASK'], body: { token: 'a', data: {} } },
  appendLog: { in: ['TASK'], body: { lines: [{ text: 'x' }] } },
  completeTask: { in: ['TASK'], body: { outputs: [output, { ...output, name: 'Twice' }], again: true } },
  failTask: { in: ['TASK'], body: { errorClass: 'fatal', message: 'x', attempt: 9 } },
  uploadBlob: { in: ['TASK'], raw: { type: 'application/octet-stream', text: 'x' } },
  claimWork: { body: { worker: 'SELF', capabilities: ['none'] } },
  listWorkRows: { in: ['WORK'] },
  readWorkInput: { in: ['WORK', 'DELIVERABLE'], mayLack: true },
  completeWork: { in: ['WORK'], body: { deliverables: [deliverable], evidence, attempt: 9 } },
  failWork: { in: ['WORK'], body: { category: 'TOOL_FAILURE', message: 'x', attempt: 9 } },
  clarifyWork: { in: ['WORK'], body: { reason: 'x', missingFields: ['a'], attempt: 9 } },
}

const RECORDS: Readonly<Record<string, Sample>> = {
  listEvents: {},
  streamEvents: {},
  readMetrics: {},
  listDeadLetters: {},
  readDeadLetter: { in: ['LETTER'] },
  redriveDeadLetter: { in: ['LETTER'], body: {} },
  dropDeadLetter: { in: ['LETTER'], body: reason },
  listThreads: {},
  readThread: { in: ['THREAD'], reach: 'thread' },
  listThreadMessages: { in: ['THREAD'], reach: 'thread' },
  listThreadWakes: { in: ['THREAD'], reach: 'thread' },
  listSessions: {},
  readSession: { in: ['AGENT'] },
  listAudit: {},
  readPolicy: {},
  changePolicy: { body: { redaction: false, reason: 'x' } },
}

const COMPATIBILITY: Readonly<Record<string, Sample>> = {
  initProject: { body: { request_text: 'Count the invoices.' } },
  readProjectStatus: { in: ['PROJECT'] },
  listOldQuestions: {},
  answerOldQuestion: { body: { question_id: 'QUESTION', answer: 'x' } },
  listOldLogs: {},
  readOldHealth: {},
  scheduleTask: { body: { org: 'o', text: 'x' } },
  createTask: { body: { org: 'o', text: 'x' } },
  listOrgTasks: {},
  claimOrgTask: { body: { org: 'nobody', agentID: 'SELF' } },
  updateOrgTask: { body: { id: 'ITEM', status: 'failed' }, mayLack: true },
  logOrgTask: { body: { id: 'ITEM', line: 'x' }, mayLack: true },
  listOrgAgents: {},
  registerOrgAgent: { body: { name: 'SELF', org: 'o' } },
  beatOrgAgent: { body: { name: 'SELF', org: 'o' } },
  streamOrgTasks: {},
  streamOrgAgents: {},
}

const IDENTITY: Readonly<Record<string, Sample>> = {
  readHealth: {},
  readReadiness: {},
  readTokenKeys: {},
  readResourceMetadata: {},
  readMcpMetadata: {},
  readWhoami: {},
  createToken: { body: { agentId: 'made', role: 'participant' } },
  listTokens: {},
  readToken: { in: ['GRANT'] },
  revokeToken: { in: ['GRANT'], body: reason },
  revokeForeignToken: { body: { issuer: 'https://issuer.example', jti: 'x', reason: 'x' } },
  rotateTokenKey: { body: { reason: 'x' } },
  // What was not issued here cannot be renewed.
  renewToken: { body: {}, own: { owner: 403 } },
}

const inThread = { thread_id: 'THREAD' }
const ofTask = { task_id: 'TASK', attempt: 1 }

const METHODS: Readonly<Record<string, Sample>> = {
  create_thread: { body: { title: 'x', participants: ['ben'], run_id: 'RUN', item_id: 'ITEM' } },
  get_thread: { body: inThread, reach: 'thread' },
  list_threads: { body: {} },
  add_participant: { body: { ...inThread, participant: { agent_id: 'extra', role: 'tester' } } },
  remove_participant: { body: { ...inThread, agent_id: 'extra', reason: 'x' } },
  post_message: { body: { ...inThread, body: 'x' }, reach: 'thread' },
  read_messages: { body: inThread, reach: 'thread' },
  wait_for_messages: { body: { ...inThread, timeout_seconds: 0 }, reach: 'thread' },
  ack_read: { body: { ...inThread, last_read_seq: 1 }, reach: 'member' },
  get_deliveries: { body: { ...inThread, seq: 1 }, reach: 'thread' },
  update_thread_status: { body: { ...inThread, status: 'active', reason: 'x' } },
  summarize_thread: { body: inThread, reach: 'thread' },
  search_messages: { body: { ...inThread, words: 'x' }, reach: 'thread' },
  heartbeat_session: { body: { runtime: 'x' } },
  trigger_participant: {
    body: { ...inThread, target_agent_id: 'in-thread', reason: 'x', trigger_prompt: 'x' },
  },
  claim_task: { body: { capabilities: ['none'] } },
  heartbeat_task: { body: ofTask, reach: 'holder' },
  checkpoint_task: { body: { ...ofTask, marker: 'x' }, reach: 'holder' },
  complete_task: { body: { ...ofTask, outputs: [output, output] }, reach: 'holder' },
  fail_task: { body: { ...ofTask, attempt: 9, message: 'x' }, reach: 'holder' },
  ask_question: { body: { ...ofTask, reason: 'x', questions: [question] }, reach: 'holder' },
  // As what is not there, where it is of another run.
  read_question: { body: { question_id: 'QUESTION' }, own: { task: 404 } },
  list_questions: { body: {} },
  answer_question: { body: { question_id: 'QUESTION', answer: 'x' } },
  list_runs: { body: {} },
  get_run: { body: { run_id: 'RUN' } },
  list_artifacts: { body: { run_id: 'RUN' } },
  read_artifact: { body: { artifact_id: 'ARTIFACT' } },
  list_gates: { body: { run_id: 'RUN' } },
  propose_waiver: { body: { ...waiver, run_id: 'RUN', phase: 'sketch', compensating_control: 'x' } },
  list_projects: { body: {} },
  list_items: { body: { project_id: 'PROJECT' } },
  get_item: { body: { item_id: 'ITEM' } },
}

/** A request for every operation of the description; one without a row here fails the test of the matrix. */
export const SAMPLES: Readonly<Record<string, Sample>> = {
  ...RUNS,
  ...BACKLOG,
  ...WORK,
  ...RECORDS,
  ...COMPATIBILITY,
  ...IDENTITY,
  ...METHODS,
}
