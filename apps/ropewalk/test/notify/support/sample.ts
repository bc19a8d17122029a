import { Notification } from '@ropewalk/core/contract/notification'

export const SAMPLE = Notification.parse({
  type: 'question',
  id: '019a0000-0000-7000-8000-0123456789ab',
  version: 1,
  workspace: 'default',
  run: '019a0000-0000-7000-8000-000000000001',
  project: null,
  items: [],
  text: 'Which currency is meant? – “Euro” or $',
  risk: 'high',
  default: 'Euro',
  deadline: '2026-01-01T00:10:00.000Z',
  link: 'http://127.0.0.1:18080/ui/questions/019a0000-0000-7000-8000-0123456789ab',
  at: '2026-01-01T00:00:00.000Z',
})
