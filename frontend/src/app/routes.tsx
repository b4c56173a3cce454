import { createBrowserRouter, type LazyRouteFunction, type RouteObject, useOutletContext } from 'react-router-dom'

import type { Me } from '@/api/types'

import { RouteError } from './errors/RouteError'
import { tellRoutes } from './routePaths'
import { primeSession, primeViewer } from './priming'
import { SessionGate } from './session/SessionGate'
import { BareShell, Shell } from './shell/Shell'

/** Every screen is its own chunk; the viewer's (Cornerstone) is the heavy one. */
const screen =
  (load: () => Promise<{ default: React.ComponentType }>): LazyRouteFunction<RouteObject> =>
  async () => ({ Component: (await load()).default })

function FramedShell() {
  return <Shell me={useOutletContext<Me>()} />
}

const inFrame: RouteObject[] = [
  { index: true, lazy: screen(() => import('@/features/home/HomeRoute')) },
  { path: 'worklist', lazy: screen(() => import('@/features/worklist/WorklistRoute')) },
  { path: 'cases/:caseId', lazy: screen(() => import('@/features/cases/CaseRoute')) },
  { path: 'meetings', lazy: screen(() => import('@/features/boards/MeetingsRoute')) },
  { path: 'meetings/:meetingId', lazy: screen(() => import('@/features/boards/MeetingRoute')) },
  { path: 'templates', lazy: screen(() => import('@/features/templates/TemplatesRoute')) },
  { path: 'sign', lazy: screen(() => import('@/features/boards/decision/SignRoute')) },
  { path: 'intake', lazy: screen(() => import('@/features/intake/IntakeRoute')) },
  { path: 'intake/:listId', lazy: screen(() => import('@/features/intake/IntakeRoute')) },
  { path: 'follow-up', lazy: screen(() => import('@/features/followup/FollowUpRoute')) },
  { path: 'numbers', lazy: screen(() => import('@/features/numbers/NumbersRoute')) },
  { path: 'findings', lazy: screen(() => import('@/features/ai/FindingInboxRoute')) },
  { path: 'models', lazy: screen(() => import('@/features/ai/ModelsRoute')) },
  { path: 'automation', lazy: screen(() => import('@/features/automation/AutomationRoute')) },
  { path: 'models/upload', lazy: screen(() => import('@/features/ai/versions/UploadRoute')) },
  { path: 'models/versions/:versionId', lazy: screen(() => import('@/features/ai/versions/VersionRoute')) },
  { path: 'models/validation', lazy: screen(() => import('@/features/ai/validation/ValidationRoute')) },
  { path: 'models/validation/:runId', lazy: screen(() => import('@/features/ai/validation/ValidationRunRoute')) },
  { path: 'models/:modelId/monitoring', lazy: screen(() => import('@/features/ai/monitoring/MonitoringRoute')) },
  { path: 'admin', lazy: screen(() => import('@/features/admin/AdminRoute')) },
  { path: 'audit', lazy: screen(() => import('@/features/audit/AuditRoute')) },
  { path: 'account/tokens', lazy: screen(() => import('@/features/auth/tokens/TokensRoute')) },
  { path: 'account/security', lazy: screen(() => import('@/features/auth/SecurityRoute')) },
  { path: '*', lazy: screen(() => import('./errors/NotFoundRoute')) },
]

export const routes: RouteObject[] = [
  { path: '/room', lazy: screen(() => import('@/features/room/RoomRoute')), ErrorBoundary: RouteError, HydrateFallback: () => null },
  { path: '/sign-in', lazy: screen(() => import('@/features/auth/SignInRoute')), ErrorBoundary: RouteError, HydrateFallback: () => null },
  {
    Component: SessionGate,
    loader: primeSession,
    shouldRevalidate: () => false,
    ErrorBoundary: RouteError,
    HydrateFallback: () => null,
    children: [
      {
        Component: BareShell,
        children: [
          {
            ErrorBoundary: RouteError,
            children: [
              {
                path: '/cases/:caseId/view',
                loader: ({ params, request }) => primeViewer(params.caseId, request.url),
                lazy: screen(() => import('@/features/viewer/ViewerRoute')),
              },
              { path: '/cases/:caseId/companion', lazy: screen(() => import('@/features/viewer/CompanionRoute')) },
              { path: '/live/:sessionId/replay', lazy: screen(() => import('@/features/replay/ReplayRoute')) },
              { path: '/checkin', lazy: screen(() => import('@/features/checkin/CheckInRoute')) },
              { path: '/checkin/:code', lazy: screen(() => import('@/features/checkin/CheckInRoute')) },
              { path: '/live/:sessionId', lazy: screen(() => import('@/features/live/LiveRoute')) },
            ],
          },
        ],
      },
      {
        path: '/',
        Component: FramedShell,
        children: [{ ErrorBoundary: RouteError, children: inFrame }],
      },
    ],
  },
]

tellRoutes(routes)
export const router = createBrowserRouter(routes)
