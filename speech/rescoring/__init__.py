"""Orders hypotheses by what was heard and what elders say, and corrects what was misheard.

A recogniser writes whatever sounds like it: 敞里 where somebody said 厂里. What elders say is known from the
examples of ``speech/meaning``; see ``docs/adr/0039-misheard-characters-are-put-right.md``.
"""

from speech.rescoring.correcting import Corrector
from speech.rescoring.language_model import LanguageModel, of_examples
from speech.rescoring.rescorer import Rescorer, rescorer_of

__all__ = ["Corrector", "LanguageModel", "Rescorer", "of_examples", "rescorer_of"]
