import { getItem, listItems, listProjects } from './backlog/backlog.ts'
import type { Method } from './method.ts'
import { askQuestion } from './questions/ask-question.ts'
import { answerQuestion, listQuestions, readQuestion } from './questions/questions.ts'
import { listArtifacts, readArtifact } from './runs/artifacts.ts'
import { getRun, listGates, listRuns, proposeWaiver } from './runs/runs.ts'
import { claimTask } from './tasks/claim-task.ts'
import { completeTask, failTask } from './tasks/end-task.ts'
import { checkpointTask, heartbeatTask } from './tasks/hold-task.ts'
import { addParticipant, createThread, removeParticipant } from './threads/create-thread.ts'
import { heartbeatSession } from './threads/heartbeat-session.ts'
import { triggerParticipant, updateThreadStatus } from './threads/lead-thread.ts'
import { postMessage } from './threads/post-message.ts'
import {
  ackRead,
  getDeliveries,
  readMessages,
  searchMessages,
  waitForMessages,
} from './threads/read-messages.ts'
import { getThread, listThreads } from './threads/read-thread.ts'
import { summarizeThread } from './threads/summarize-thread.ts'

/** Every method of the agent surface, in the order in which clients list them as tools. */
export const METHODS: readonly Method[] = [
  createThread,
  getThread,
  listThreads,
  addParticipant,
  removeParticipant,
  postMessage,
  readMessages,
  waitForMessages,
  ackRead,
  getDeliveries,
  updateThreadStatus,
  summarizeThread,
  searchMessages,
  heartbeatSession,
  triggerParticipant,
  claimTask,
  heartbeatTask,
  checkpointTask,
  completeTask,
  failTask,
  askQuestion,
  readQuestion,
  listQuestions,
  answerQuestion,
  listRuns,
  getRun,
  listArtifacts,
  readArtifact,
  listGates,
  proposeWaiver,
  listProjects,
  listItems,
  getItem,
]

const BY_NAME = new Map(METHODS.map((method) => [method.contract.name, method]))

export const findMethod = (name: string): Method | undefined => BY_NAME.get(name)
