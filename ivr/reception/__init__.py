"""What is said to those who ring us: elders with a visit waiting, elders with something to say, strangers."""

from ivr.reception.stranger import StrangerTalk
from ivr.reception.texts import talk_of, visit_of, welcome_texts
from ivr.reception.who import Who, WhoIsThere

__all__ = ["StrangerTalk", "Who", "WhoIsThere", "talk_of", "visit_of", "welcome_texts"]
