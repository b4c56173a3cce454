import { Modal } from '@mantine/core'
import { useTranslation } from 'react-i18next'

import { BINDINGS } from './keyboard'
import classes from './panels.module.css'

const GROUPS = ['images', 'tools', 'look', 'screen'] as const

const nameOf = (key: string): string =>
  key === ' '
    ? 'Space'
    : key.replace(
        /(^|\+)([a-z])/g,
        (_, sign: string, letter: string) => sign + letter.toUpperCase(),
      )

export function KeyboardHelp({ opened, onClose }: { opened: boolean; onClose: () => void }) {
  const { t } = useTranslation('viewer')
  return (
    <Modal opened={opened} onClose={onClose} size="lg" title={t('help.title')}>
      <div className={classes.keys}>
        {GROUPS.map((group) => (
          <section key={group}>
            <h3>{t(`help.${group}`)}</h3>
            <dl>
              {BINDINGS.filter((binding) => binding.group === group).map((binding) => (
                <div key={binding.action}>
                  <dt>
                    {binding.keys.map((key) => (
                      <kbd key={key}>{nameOf(key)}</kbd>
                    ))}
                  </dt>
                  <dd>{t(`keys.${binding.action}`)}</dd>
                </div>
              ))}
            </dl>
          </section>
        ))}
      </div>
      <p className={classes.dim}>{t('help.mouse')}</p>
    </Modal>
  )
}
