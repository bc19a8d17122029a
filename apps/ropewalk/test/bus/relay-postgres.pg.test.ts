import { describeRelay } from './support/relay-contract.ts'
import { startRelayWorld } from './support/relay-world.ts'

describeRelay('Postgres', () =>
  startRelayWorld({ bus: 'postgres', redisUrl: undefined, busNamespace: 'audit' }),
)
