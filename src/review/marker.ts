import { z } from 'zod';
import { formatJsonComment } from '../render/markdown.ts';

/** The name in the first line of every comment of ours. */
const MARKER_NAME = 's3-rewind';
const MARKER_LINE = new RegExp(`^<!-- ${MARKER_NAME} (\\{[^<>]*\\}) -->$`);

const markerSchema = z.object({
  v: z.literal(1),
  rollbackId: z.string(),
  digest: z.string().regex(/^sha256:[0-9a-f]{64}$/),
  /** ID of the workflow run that wrote the comment last; missing in the comment.md of a plan folder. */
  run: z.int().min(1).optional(),
  stage: z.string().optional(),
});

/** What the first line of a comment says about the plan that it shows. */
export type Marker = z.infer<typeof markerSchema>;

/** The first line of a comment: an HTML comment with JSON, by which later stages find it again. */
export function formatMarker(marker: Marker): string {
  return formatJsonComment(MARKER_NAME, marker);
}

/**
 * Reads the first line of a comment, and nothing after it: the rest of a comment may be anybody's words.
 * @returns null where the line is no marker of ours
 */
export function parseMarker(body: string): Marker | null {
  const [, json] = MARKER_LINE.exec(body.split(/\r?\n/, 1)[0] ?? '') ?? [];
  if (json === undefined) return null;
  try {
    return markerSchema.safeParse(JSON.parse(json)).data ?? null;
  } catch {
    return null;
  }
}
