import { createBrowserRouter, type LazyRouteFunction, type RouteObject } from 'react-router-dom'

/** Every screen is its own chunk; the viewer's (Cornerstone) is the heavy one. */
const screen =
  (load: () => Promise<{ default: React.ComponentType }>): LazyRouteFunction<RouteObject> =>
  async () => ({ Component: (await load()).default })

export const router = createBrowserRouter([
  { path: '/cases/:caseId/view', lazy: screen(() => import('@/features/viewer/ViewerRoute')) },
  { path: '/live/:sessionId', lazy: screen(() => import('@/features/live/LiveRoute')) },
])
