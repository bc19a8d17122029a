import { type Evolvers, unchanged } from '../evolver.ts'
import { expectProject, patchProject, patchWork } from '../patch.ts'
import { isTerminalProject, type ProjectState } from '../state.ts'

/** A project that stands still has nothing on the queue; what runs may hand in. */
const parkTasks = (state: ProjectState, from: 'ready' | 'parked', to: 'ready' | 'parked'): ProjectState => {
  let after = state
  for (const { id, status } of state.tasks.values())
    if (status === from) after = patchWork(after, id, { status: to })
  return after
}

/** The project itself: begun, its facts, its status, what it came to. */
export const projectEvolvers: Evolvers<
  | 'PROJECT.INITIAL_REQUEST_RECEIVED'
  | 'PROJECT.UPLOAD_ATTACHED'
  | 'PROJECT.PARAMETERS_SET'
  | 'PROJECT.STATUS_CHANGED'
  | 'REPORT.PROJECT_SNAPSHOT_PUBLISHED'
  | 'REPORT.FINAL_PUBLISHED'
> = {
  'PROJECT.INITIAL_REQUEST_RECEIVED': (state, { projectId, requestText, ...of }, at) => ({
    ...state,
    project: {
      ...of,
      id: projectId,
      request: requestText,
      status: 'created',
      parameters: {},
      uploads: [],
      leaves: {},
      openQuestions: 0,
      openProjectQuestions: 0,
      held: 0,
      assumptions: 0,
      itemsMade: 0,
      reportDigest: null,
      failureMessage: null,
      createdAt: at,
      startedAt: null,
      endedAt: null,
    },
  }),
  'PROJECT.UPLOAD_ATTACHED': (state, { upload }) =>
    patchProject(state, { uploads: [...expectProject(state).uploads, upload] }),
  'PROJECT.PARAMETERS_SET': (state, { parameters }) =>
    patchProject(state, { parameters: { ...expectProject(state).parameters, ...parameters } }),
  'PROJECT.STATUS_CHANGED': (state, { from, to, reason }, at) => {
    const { startedAt } = expectProject(state)
    const changed = patchProject(state, {
      status: to,
      startedAt: to === 'in_progress' ? (startedAt ?? at) : startedAt,
      endedAt: isTerminalProject(to) ? at : null,
      failureMessage: to === 'failed' ? reason : null,
    })
    if (to === 'paused') return parkTasks(changed, 'ready', 'parked')
    return from === 'paused' ? parkTasks(changed, 'parked', 'ready') : changed
  },
  'REPORT.PROJECT_SNAPSHOT_PUBLISHED': unchanged,
  'REPORT.FINAL_PUBLISHED': (state, { digest }) => patchProject(state, { reportDigest: digest }),
}
