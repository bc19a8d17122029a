import {
  CheckpointRequest,
  ClaimedTasks,
  ClaimTasksRequest,
  CompleteTaskRequest,
  FailTaskRequest,
  HeartbeatRequest,
  HeartbeatView,
  LogRequest,
} from '../../packages/core/src/contract/api/claims.ts'
import { Comparison } from '../../packages/core/src/contract/api/comparison.ts'
import { DeadLetter, DropRequest, RedriveRequest } from '../../packages/core/src/contract/api/dead-letters.ts'
import { EditPreview } from '../../packages/core/src/contract/api/edits.ts'
import { CloudEvent } from '../../packages/core/src/contract/api/events.ts'
import { GateDetail } from '../../packages/core/src/contract/api/gates.ts'
import { Problem } from '../../packages/core/src/contract/api/problem.ts'
import { AnswerRequest, QuestionView } from '../../packages/core/src/contract/api/questions.ts'
import { CostDetail, DossierSummary } from '../../packages/core/src/contract/api/records.ts'
import { Readiness, ReadinessList } from '../../packages/core/src/contract/api/readiness.ts'
import {
  WaiverBody,
  WaiverList,
  WaiverReason,
  WaiverRequested,
  WaiverView,
} from '../../packages/core/src/contract/api/waivers.ts'
import {
  BudgetRequest,
  PlanView,
  RunDetail,
  SignalRequest,
} from '../../packages/core/src/contract/api/runs.ts'
import { StoryLine } from '../../packages/core/src/contract/api/story.ts'
import { TaskDetail } from '../../packages/core/src/contract/api/tasks.ts'
import { EditRequest, ForkRequest, RunRequest } from '../../packages/core/src/contract/run-request.ts'
import { describeAll, type SchemaFolder } from './describe.ts'

/** What the HTTP interface takes and answers. */
export const API_SCHEMAS: readonly SchemaFolder[] = [
  describeAll('api', {
    AnswerRequest,
    BudgetRequest,
    CheckpointRequest,
    ClaimedTasks,
    ClaimTasksRequest,
    CloudEvent,
    Comparison,
    CompleteTaskRequest,
    CostDetail,
    DeadLetter,
    DossierSummary,
    DropRequest,
    EditPreview,
    EditRequest,
    FailTaskRequest,
    ForkRequest,
    GateDetail,
    HeartbeatRequest,
    HeartbeatView,
    LogRequest,
    PlanView,
    Problem,
    QuestionView,
    Readiness,
    ReadinessList,
    RedriveRequest,
    RunDetail,
    RunRequest,
    SignalRequest,
    StoryLine,
    TaskDetail,
    WaiverBody,
    WaiverList,
    WaiverReason,
    WaiverRequested,
    WaiverView,
  }),
]
