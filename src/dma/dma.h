/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The generic interface calls engines through their tables and names none of them. The library's
 * own engines register here what the tables cannot say.
 */
#ifndef DMA_DMA_H
#define DMA_DMA_H

#include <stdbool.h>

#include <aml/dma.h>

struct dma_own_engine {
	/* A table may use its operation `copy` only while it has these two; if it has none, `copy`
	 * below, because a post may be refused that a synchronous copy must make. */
	int (*create_request)(struct aml_dma_data *data, struct aml_dma_request **req,
			      struct aml_layout *dest, struct aml_layout *src, aml_dma_operator op,
			      void *op_arg);
	int (*wait_request)(struct aml_dma_data *data, struct aml_dma_request **req);
	int (*copy)(struct aml_dma_data *data, struct aml_layout *dest, struct aml_layout *src,
		    aml_dma_operator op, void *op_arg);
	/* Report whether the operator accepts a NULL source or destination with this argument. */
	bool (*accepts_null)(aml_dma_operator op, const void *arg);
};

/*
 * Return the further operations of an engine. NULL: `dma` is no engine, or it has none, or the
 * table belongs to other operations than the engine has now.
 */
const struct aml_dma_extension *dma_extension(const struct aml_dma *dma);

/* Register the engine, once, when the library is loaded. */
void dma_register_engine(const struct dma_own_engine *engine);

/* The same for the engine over engines, but for `accepts_null`. */
void dma_register_multiplexer(const struct dma_own_engine *engine);

#endif /* DMA_DMA_H */
