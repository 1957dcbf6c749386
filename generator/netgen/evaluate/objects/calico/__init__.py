"""Calico's policies of projectcalico.org/v3 -> the values of the evaluator, as open source Calico 3.30 and later."""
