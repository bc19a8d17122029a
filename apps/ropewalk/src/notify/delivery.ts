/**
 * How one try at telling somebody ended: told; to be tried again, not before `afterMs` where the receiver said
 * so; or given up, because trying again would end the same way. `reason` repeats no address and no secret.
 */
export type Delivery =
  | { readonly outcome: 'sent' }
  | { readonly outcome: 'again'; readonly reason: string; readonly afterMs: number }
  | { readonly outcome: 'failed'; readonly reason: string }
