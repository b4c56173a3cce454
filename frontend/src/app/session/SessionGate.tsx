import { Center, Loader } from '@mantine/core'
import { useQueryClient } from '@tanstack/react-query'
import { useEffect, useState } from 'react'
import { useTranslation } from 'react-i18next'
import { Navigate, Outlet, useLocation, useNavigate } from 'react-router-dom'

import { onSessionEnded } from '@/api/http'
import { asProblem } from '@/api/problem'
import { meKey, useMe } from '@/api/session'
import type { Me } from '@/api/types'
import { SignInAgain } from '@/features/auth/SignInAgain'
import { ProblemNotice } from '@/ui/ProblemNotice'

/**
 * Nobody passes without a session. A session that ends later does not throw
 * the page away: the same person signs in again above it and goes on.
 */
export function SessionGate() {
  const { t } = useTranslation()
  const me = useMe()
  const client = useQueryClient()
  const location = useLocation()
  const navigate = useNavigate()
  const [ended, setEnded] = useState(false)
  useEffect(() => onSessionEnded(() => setEnded(true)), [])

  const problem = me.error ? asProblem(me.error) : null
  const isSignedOut = problem?.status === 401 || problem?.status === 403
  const next = encodeURIComponent(location.pathname + location.search)

  if (!me.data) {
    if (isSignedOut) return <Navigate to={`/sign-in?next=${next}`} replace />
    if (problem) {
      return (
        <Center h="100dvh" p="md">
          <div style={{ maxWidth: 480, width: '100%' }}>
            <ProblemNotice problem={problem} onRetry={() => void me.refetch()} />
          </div>
        </Center>
      )
    }
    return (
      <Center h="100dvh">
        <Loader size="sm" aria-label={t('list.loading')} />
      </Center>
    )
  }

  const person = me.data
  const leave = () => {
    client.clear()
    void navigate(`/sign-in?next=${next}`)
  }
  const resume = async () => {
    const fresh = await client.fetchQuery<Me>({ queryKey: meKey, staleTime: 0 })
    setEnded(false)
    if (fresh.id === person.id) return void client.invalidateQueries()
    // Somebody else: nothing of the other person's page may remain.
    client.removeQueries({ predicate: (query) => query.queryKey[0] !== meKey[0] })
    void navigate('/')
  }
  return (
    <>
      <Outlet context={person} />
      {(ended || isSignedOut) && <SignInAgain email={person.email} onSignedIn={() => void resume()} onLeave={leave} />}
    </>
  )
}
