/** Scalars that several schemas of the policy language share. */
import { z } from 'zod';
import { parseDay, parseDuration } from './values.ts';

export const day = z
  .string()
  .superRefine((value, context) => {
    if (parseDay(value) !== null) return;
    const message = /^\d{4}-\d{2}-\d{2}$/.test(value)
      ? `the calendar has no ${value}`
      : `"${clip(value)}" is no date: write it as year-month-day, such as 2026-11-23`;
    context.addIssue({ code: 'custom', message });
  })
  .meta({ pattern: '^\\d{4}-\\d{2}-\\d{2}$' })
  .describe('A UTC day, such as 2026-11-23');

export const duration = z
  .string()
  .superRefine((value, context) => {
    if (parseDuration(value) !== null) return;
    context.addIssue({
      code: 'custom',
      message: `"${clip(value)}" is no duration: write a number and d, h, m or s, such as 180d`,
    });
  })
  .meta({ pattern: '^\\d{1,6}[smhd]$' })
  .describe('A number and d, h, m or s, such as 180d');

export const checkText = z.string().min(1).max(500);

/** Text of a file in a message: short, and on one line. */
export function clip(text: string): string {
  const line = text.replaceAll(/\s+/g, ' ');
  return line.length > 40 ? `${line.slice(0, 40)}…` : line;
}
