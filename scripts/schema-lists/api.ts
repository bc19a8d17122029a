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
import { AuditLine } from '../../packages/core/src/contract/api/audit.ts'
import { Comparison } from '../../packages/core/src/contract/api/comparison.ts'
import { DeadLetter, DropRequest, RedriveRequest } from '../../packages/core/src/contract/api/dead-letters.ts'
import { EditPreview } from '../../packages/core/src/contract/api/edits.ts'
import { CloudEvent } from '../../packages/core/src/contract/api/events.ts'
import { GateDetail } from '../../packages/core/src/contract/api/gates.ts'
import { InboxEntry } from '../../packages/core/src/contract/api/inbox.ts'
import {
  AddItemsRequest,
  ApprovalRequest,
  ApprovalVote,
  ImportRequest,
  ItemDetail,
  ItemsAdded,
  ItemTreeRow,
  ItemView,
  ReviewItemRequest,
  SplitItemRequest,
} from '../../packages/core/src/contract/api/items.ts'
import {
  DeliverableView,
  ProjectDetail,
  ProjectPatch,
  ProjectStarted,
  ProjectSummary,
  ReportView,
  StartProjectRequest,
  TemplateList,
} from '../../packages/core/src/contract/api/projects.ts'
import { UploadedRecords } from '../../packages/core/src/contract/api/uploads.ts'
import {
  ClaimedWorkList,
  ClaimWorkRequest,
  ClarifyWorkRequest,
  CompleteWorkRequest,
  FailWorkRequest,
  WorkerList,
  WorkRows,
} from '../../packages/core/src/contract/api/work.ts'
import { PolicyPatch, PolicyView } from '../../packages/core/src/contract/api/policy.ts'
import { Problem } from '../../packages/core/src/contract/api/problem.ts'
import {
  AnswerRequest,
  ProjectQuestionView,
  QuestionView,
} from '../../packages/core/src/contract/api/questions.ts'
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
import { SessionEntry } from '../../packages/core/src/contract/api/sessions.ts'
import { StoryLine } from '../../packages/core/src/contract/api/story.ts'
import { TaskDetail } from '../../packages/core/src/contract/api/tasks.ts'
import {
  CreateTokenRequest,
  GrantView,
  KeyRotated,
  ResourceMetadata,
  RevokeForeignTokenRequest,
  RevokeTokenRequest,
  RotateKeyRequest,
  TokenIssued,
  TokenKeySet,
  WhoAmI,
} from '../../packages/core/src/contract/api/tokens.ts'
import {
  ThreadDetail,
  ThreadMessage,
  ThreadSummary,
  ThreadWake,
} from '../../packages/core/src/contract/api/threads.ts'
import { EditRequest, ForkRequest, RunRequest } from '../../packages/core/src/contract/run-request.ts'
import { describeAll, type SchemaFolder } from './describe.ts'

/** What the HTTP interface takes and answers. */
export const API_SCHEMAS: readonly SchemaFolder[] = [
  describeAll('api', {
    AddItemsRequest,
    AnswerRequest,
    ApprovalRequest,
    ApprovalVote,
    AuditLine,
    BudgetRequest,
    CheckpointRequest,
    ClaimedTasks,
    ClaimedWorkList,
    ClaimTasksRequest,
    ClaimWorkRequest,
    ClarifyWorkRequest,
    CloudEvent,
    Comparison,
    CompleteTaskRequest,
    CompleteWorkRequest,
    CostDetail,
    CreateTokenRequest,
    DeadLetter,
    DeliverableView,
    DossierSummary,
    DropRequest,
    EditPreview,
    EditRequest,
    FailTaskRequest,
    FailWorkRequest,
    ForkRequest,
    GateDetail,
    GrantView,
    HeartbeatRequest,
    HeartbeatView,
    ImportRequest,
    InboxEntry,
    ItemDetail,
    ItemsAdded,
    ItemTreeRow,
    ItemView,
    KeyRotated,
    LogRequest,
    PlanView,
    PolicyPatch,
    PolicyView,
    Problem,
    ProjectDetail,
    ProjectPatch,
    ProjectQuestionView,
    ProjectStarted,
    ProjectSummary,
    QuestionView,
    Readiness,
    ReadinessList,
    RedriveRequest,
    ReportView,
    ResourceMetadata,
    ReviewItemRequest,
    RevokeForeignTokenRequest,
    RevokeTokenRequest,
    RotateKeyRequest,
    RunDetail,
    RunRequest,
    SessionEntry,
    SignalRequest,
    SplitItemRequest,
    StartProjectRequest,
    StoryLine,
    TaskDetail,
    TemplateList,
    ThreadDetail,
    ThreadMessage,
    ThreadSummary,
    ThreadWake,
    TokenIssued,
    TokenKeySet,
    UploadedRecords,
    WaiverBody,
    WaiverList,
    WaiverReason,
    WaiverRequested,
    WaiverView,
    WhoAmI,
    WorkerList,
    WorkRows,
  }),
]
