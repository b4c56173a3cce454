import type { QueryClient } from '@tanstack/react-query'

import { casesOf } from '@/api/cases'

import { arrangeCases, noFilters } from './filters'

/** The cases as the worklist last showed them, filtered and ordered; ids only, and gone with the page. */
let shown: readonly string[] = []

export function rememberOrder(ids: readonly string[]): void {
  shown = ids
}

/** The next case with images in the order of the worklist; null at its end. */
export async function caseBeside(
  client: QueryClient,
  caseId: string,
  by: 1 | -1,
): Promise<string | null> {
  const cases = await client.fetchQuery(casesOf())
  const hasImages = new Set(cases.filter((one) => one.images.ready > 0).map(({ id }) => id))
  const order = shown.includes(caseId)
    ? shown
    : arrangeCases(cases, noFilters).map(({ id }) => id)
  return stepIn(order, hasImages, caseId, by)
}

export function stepIn(
  order: readonly string[],
  allowed: ReadonlySet<string>,
  from: string,
  by: 1 | -1,
): string | null {
  for (let at = order.indexOf(from) + by; at >= 0 && at < order.length; at += by) {
    const id = order[at]
    if (id !== undefined && allowed.has(id)) return id
  }
  return null
}
