import { Button, Switch } from '@mantine/core'
import { IconFlag3Filled } from '@tabler/icons-react'
import type { TFunction } from 'i18next'
import { useTranslation } from 'react-i18next'

import type { AutomationRule } from '@/api/types'
import { useRuleActions } from '@/api/urgency'
import { Chip } from '@/ui/Chip'
import { formatRelative } from '@/ui/format'
import { ProblemNotice } from '@/ui/ProblemNotice'

import classes from './Automation.module.css'

/** One rule: what arrives, what is asked for, what it did last. */
export function RuleRow({ rule, onEdit }: { rule: AutomationRule; onEdit: () => void }) {
  const { t } = useTranslation('automation')
  const { change } = useRuleActions()
  return (
    <li className={classes.row}>
      <span className={classes.grow}>
        <div className={classes.name}>
          {rule.name}
          <Chip tone="accent">{rule.board?.name ?? t('house')}</Chip>
          {rule.is_urgent && <Chip tone="warning" icon={<IconFlag3Filled size={12} aria-hidden />}>{t('urgent')}</Chip>}
        </div>
        <div className={classes.dim}>
          {describeArrival(rule, t)} → {rule.model.name}
        </div>
        <div className={classes.dim}>
          {rule.last_run
            ? [t('lastRun', { outcome: t(`outcome.${rule.last_run.outcome}`), when: formatRelative(rule.last_run.at) }), rule.last_run.reason].filter(Boolean).join(' · ')
            : t('neverRun')}
          {' · '}
          {t('madeBy', { name: rule.created_by })}
        </div>
        {change.error && <ProblemNotice problem={change.error} />}
      </span>
      {rule.may_change ? (
        <>
          <Switch
            label={t('form.enabled')}
            aria-label={t('switchNamed', { name: rule.name })}
            checked={rule.enabled}
            disabled={change.isPending}
            onChange={(event) => change.mutate({ rule, changes: { enabled: event.currentTarget.checked } })}
          />
          <Button size="xs" variant="default" aria-label={t('editNamed', { name: rule.name })} onClick={onEdit}>
            {t('edit')}
          </Button>
        </>
      ) : (
        <Chip tone={rule.enabled ? 'ok' : 'neutral'}>{t(rule.enabled ? 'on' : 'off')}</Chip>
      )}
    </li>
  )
}

function describeArrival(rule: AutomationRule, t: TFunction<'automation'>): string {
  return [
    rule.modality,
    rule.body_parts.join(', '),
    rule.descriptions.join(', '),
    rule.not_descriptions.length > 0 && t('what.not', { patterns: rule.not_descriptions.join(', ') }),
    rule.contrast !== 'any' && t(`contrast.${rule.contrast}`),
    rule.min_images > 1 && t('what.minImages', { count: rule.min_images }),
  ]
    .filter(Boolean)
    .join(' · ')
}
