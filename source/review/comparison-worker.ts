// The entry of the thread that aligns large answers, so that keys never wait for a diff.
import { answerQuestions } from '../threads/thread.ts';
import { diffAnswers, type AnswerDiff, type DiffRequest } from './screen/answer-diff.ts';

answerQuestions<DiffRequest, AnswerDiff>(async ({ baseline, candidate, compared }) => ({
  answer: diffAnswers(baseline, candidate, compared),
}));
