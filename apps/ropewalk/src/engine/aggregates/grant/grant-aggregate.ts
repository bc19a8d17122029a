import { decideGrant } from '@ropewalk/core/token/decide-grant'
import { TokenEvent } from '@ropewalk/core/token/token'
import type { Grant, TokenCommand } from '@ropewalk/core/token/token'
import { GRANTS } from '../identity-sql.ts'
import { makeRootAggregate } from '../root-aggregate.ts'

/** Grants and what is told of the tokens under them, as the writer knows them. */
export const GRANT_AGGREGATE = makeRootAggregate<TokenCommand, Grant, TokenEvent>({
  kind: 'grant',
  idField: 'grantId',
  table: GRANTS,
  insert: 'insertGrants',
  update: 'updateGrants',
  isFor: (command): command is TokenCommand => 'grantId' in command,
  getId: (command) => command.grantId,
  decide: decideGrant,
  contract: TokenEvent,
})
