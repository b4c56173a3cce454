import { Button } from '@mantine/core'
import { IconApi, IconKey, IconKeyOff } from '@tabler/icons-react'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'

import { useCases } from '@/api/cases'
import { type AccessToken, type MintedToken, scopeKey, tokenState, useTokenActions, useTokens } from '@/api/tokens'
import { Chip } from '@/ui/Chip'
import { LoadingRows } from '@/ui/DataTable'
import { EmptyState } from '@/ui/EmptyState'
import { formatDateTime, formatRelative } from '@/ui/format'
import { ProblemNotice } from '@/ui/ProblemNotice'
import { Screen, Section } from '@/ui/Screen'

import { NewTokenDialog } from './NewTokenDialog'
import { ShownOnce } from './ShownOnce'
import classes from './Tokens.module.css'

/** A person's tokens for machine clients: other viewers, scripts, pipelines. */
export default function TokensRoute() {
  const { t } = useTranslation('auth')
  const tokens = useTokens()
  const cases = useCases()
  const [asking, setAsking] = useState(false)
  const [minted, setMinted] = useState<MintedToken | null>(null)
  const titles = new Map((cases.data ?? []).map((one) => [one.id, one.title]))
  const create = (
    <Button leftSection={<IconKey size={16} aria-hidden />} onClick={() => setAsking(true)}>
      {t('tokens.new')}
    </Button>
  )
  return (
    <Screen title={t('tokens.title')} lead={t('tokens.lead')} actions={create}>
      {minted && <ShownOnce minted={minted} onDone={() => setMinted(null)} />}
      {tokens.error && !tokens.data && <ProblemNotice problem={tokens.error} onRetry={() => void tokens.refetch()} />}
      {!tokens.data && !tokens.error && <LoadingRows label={t('common:list.loading')} rows={3} />}
      {tokens.data && (
        <Section title={t('tokens.yours')} count={tokens.data.length}>
          {tokens.data.length === 0 && <EmptyState icon={IconApi} title={t('tokens.none')} hint={t('tokens.noneHint')} />}
          <ul className={classes.rows}>
            {tokens.data.map((token) => (
              <TokenRow key={token.id} token={token} titles={titles} />
            ))}
          </ul>
        </Section>
      )}
      {asking && (
        <NewTokenDialog
          cases={cases.data ?? []}
          onClose={() => setAsking(false)}
          onMinted={(made) => {
            setAsking(false)
            setMinted(made)
          }}
        />
      )}
    </Screen>
  )
}

function TokenRow({ token, titles }: { token: AccessToken; titles: ReadonlyMap<string, string> }) {
  const { t } = useTranslation('auth')
  const { revoke } = useTokenActions()
  const [sure, setSure] = useState(false)
  const state = tokenState(token, new Date())
  const used = token.last_used_at ? t('tokens.used', { when: formatRelative(token.last_used_at) }) : t('tokens.neverUsed')
  const ends = t(state === 'expired' ? 'tokens.ended' : 'tokens.ends', { when: formatDateTime(token.expires_at) })
  return (
    <li className={classes.row} data-token={token.id}>
      <span className={classes.grow}>
        <div className={classes.name}>
          {token.name} <code className={classes.key}>{token.key}…</code>
        </div>
        <div className={classes.dim}>{token.scopes.map((scope) => t(`tokens.scope.${scopeKey(scope)}`)).join(' · ')}</div>
        <div className={classes.dim}>{token.cases.map((id) => titles.get(id) ?? t('tokens.otherCase')).join(' · ')}</div>
        <div className={classes.dim}>
          {used} · {ends}
        </div>
        {revoke.error && <ProblemNotice problem={revoke.error} />}
      </span>
      <Chip tone={state === 'active' ? 'ok' : 'neutral'} icon={state === 'active' ? <IconKey size={13} aria-hidden /> : <IconKeyOff size={13} aria-hidden />}>
        {t(`tokens.state.${state}`)}
      </Chip>
      {state === 'active' && (
        <Button
          size="xs"
          variant={sure ? 'filled' : 'default'}
          color={sure ? 'red' : undefined}
          loading={revoke.isPending}
          aria-label={t(sure ? 'tokens.revokeSureNamed' : 'tokens.revokeNamed', { name: token.name })}
          onBlur={() => setSure(false)}
          onClick={() => (sure ? revoke.mutate(token.id) : setSure(true))}
        >
          {t(sure ? 'tokens.revokeSure' : 'tokens.revoke')}
        </Button>
      )}
    </li>
  )
}
