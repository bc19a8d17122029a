import { describeRelay } from './support/relay-contract.ts'
import { describeVolume } from './support/relay-volume.ts'
import { startRelayWorld } from './support/relay-world.ts'

const startWorld = () => startRelayWorld({ bus: 'postgres', redisUrl: undefined, busNamespace: 'audit' })

describeRelay('Postgres', startWorld)
describeVolume('Postgres', startWorld)
