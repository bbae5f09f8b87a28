/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Doubly linked lists whose links are members of the elements. Lists allocate nothing, and an
 * element can leave from the middle. For each pair of links, an element is in one list at most.
 *
 *     struct sleeper_list { struct sleeper *first, *last; };
 *     DEFINE_LIST(sleeper_list, struct sleeper, next, prev)
 *
 * defines sleeper_list_push(), sleeper_list_unlink() and sleeper_list_pop().
 */
#ifndef UTIL_LIST_H
#define UTIL_LIST_H

#include <stddef.h>

#define DEFINE_LIST(list, type, next, prev)                                    \
	/* Append an element that is in no list with these links. */           \
	static inline void list##_push(struct list *l, type *element)          \
	{                                                                      \
		element->next = NULL;                                          \
		element->prev = l->last;                                       \
		if (l->last != NULL)                                           \
			l->last->next = element;                               \
		else                                                           \
			l->first = element;                                    \
		l->last = element;                                             \
	}                                                                      \
                                                                               \
	/* Remove an element of this list. Its links do not change. */         \
	static inline void list##_unlink(struct list *l, const type *element)  \
	{                                                                      \
		type *after = element->next, *before = element->prev;          \
                                                                               \
		if (before != NULL)                                            \
			before->next = after;                                  \
		else                                                           \
			l->first = after;                                      \
		if (after != NULL)                                             \
			after->prev = before;                                  \
		else                                                           \
			l->last = before;                                      \
	}                                                                      \
                                                                               \
	/* Remove and return the first element. NULL: the list is empty. */    \
	__attribute__((unused)) static inline type *list##_pop(struct list *l) \
	{                                                                      \
		type *element = l->first;                                      \
                                                                               \
		if (element != NULL)                                           \
			list##_unlink(l, element);                             \
		return element;                                                \
	}

#endif /* UTIL_LIST_H */
