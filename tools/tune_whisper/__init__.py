"""Teaches Whisper how elders answer on the telephone: ``make tune-whisper``.

The sentences are the examples of the second opinion, spoken by Kokoro's tuning voices and by mixtures of
them, sent over bad telephone lines that differ each time, under the question that was asked. What is learnt
are small matrices added to the model's own (LoRA), in ``speech/recognizers/adaptations``. Neither the
sentences of the hearing benchmark nor its testing voices are used.
"""
