import { http, type RequestOptions } from './http'
import type { Page } from './types'

/** A list answer, whether the server pages it or not. */
export async function getPage<T>(path: string, options?: RequestOptions): Promise<Page<T>> {
  const answer = await http.get<Page<T> | T[]>(path, options)
  return Array.isArray(answer) ? { next: null, previous: null, results: answer } : answer
}

const PAGE_LIMIT = 20

/** Every page of a list that is small by nature (a case's findings, a meeting's agenda). */
export async function getAll<T>(path: string, options?: RequestOptions): Promise<T[]> {
  const found: T[] = []
  let next: string | null = path
  let query = options?.query
  for (let count = 0; next && count < PAGE_LIMIT; count += 1) {
    const page: Page<T> = await getPage<T>(next, { ...options, query })
    found.push(...page.results)
    next = page.next ? samePath(page.next) : null
    query = undefined // The next link carries it.
  }
  return found
}

/** Cursor links may be absolute; only their path may leave this browser. */
export function samePath(link: string): string {
  const url = new URL(link, window.location.origin)
  return `${url.pathname}${url.search}`
}
