import type { RouteObject } from 'react-router-dom'

/** Every address that the router knows, with its parameters: what a test must have visited. */
export function pathsOf(routes: readonly RouteObject[], above = ''): string[] {
  return routes.flatMap((route) => {
    const own = route.path ?? ''
    const path = own.startsWith('/') ? own : [above.replace(/\/$/, ''), own].filter(Boolean).join('/')
    if (route.children) return pathsOf(route.children, path || above)
    return [path.startsWith('/') ? path : `/${path}`]
  })
}

declare global {
  interface Window {
    /** Reading only, for tests: `pathsOf` the router. */
    readonly __consiliumRoutes?: readonly string[]
  }
}

export function tellRoutes(routes: readonly RouteObject[]): void {
  Object.defineProperty(window, '__consiliumRoutes', { get: () => pathsOf(routes) })
}
